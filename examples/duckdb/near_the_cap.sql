-- Retail investors who have used four fifths of the annual cap or more, open orders counted, the nearest first.
SELECT investor, investor_class, cap, used, reserved, remaining, round(100 * (used + reserved) / cap, 1) AS percent
FROM 'caps.parquet'
WHERE used + reserved >= 0.8 * cap
ORDER BY remaining, investor;
