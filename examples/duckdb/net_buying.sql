-- What each class of investors bought and sold of each instrument, in its quote asset, at the prices that stand.
WITH sides AS (
    SELECT taker_order_id AS order_id, quote, quantity, final_price FROM 'trades.parquet'
    UNION ALL
    SELECT maker_order_id, quote, quantity, final_price FROM 'trades.parquet'
), valued AS (
    SELECT investor_class, instrument, sides.quote, side, (sides.quantity * final_price)::DECIMAL(38, 8) AS amount
    FROM sides JOIN 'orders.parquet' USING (order_id)
    WHERE final_price IS NOT NULL
)
SELECT
    investor_class,
    instrument,
    quote,
    coalesce(sum(amount) FILTER (side = 'buy'), 0) AS bought,
    coalesce(sum(amount) FILTER (side = 'sell'), 0) AS sold,
    bought - sold AS net
FROM valued
GROUP BY investor_class, instrument, quote
ORDER BY investor_class, instrument;
