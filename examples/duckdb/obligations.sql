-- What each participant has to receive (or, negative, to deliver) of each asset, by Moscow day.
SELECT
    day,
    participant,
    asset,
    sum(trades + fees + variation_margin + transfers + issuance + deposits + withdrawals + corrections) AS net
FROM 'balances_by_day.parquet'
GROUP BY day, participant, asset
HAVING net <> 0
ORDER BY day, asset, participant;
