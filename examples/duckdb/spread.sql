-- The spread of each instrument, minute by minute, in hundredths of a percent of the middle: weighted by how long it stood.
WITH shown AS (
    SELECT instrument, seq, time, last(best_bid ORDER BY event_no) AS bid, last(best_ask ORDER BY event_no) AS ask
    FROM 'book_changes.parquet'
    GROUP BY instrument, seq, time
), stood AS (
    SELECT *, epoch_ns(lead(time) OVER (PARTITION BY instrument ORDER BY seq)) - epoch_ns(time) AS for_ns
    FROM shown
)
SELECT
    instrument,
    date_trunc('minute', make_timestamp_ns(epoch_ns(time)) + INTERVAL 3 HOURS) AS minute,
    round(sum(20_000 * (ask - bid) / (ask + bid) * for_ns) / sum(for_ns), 2) AS spread_bps,
    count(*) AS changes
FROM stood
WHERE bid IS NOT NULL AND ask IS NOT NULL AND for_ns > 0
GROUP BY instrument, minute
ORDER BY instrument, minute;
