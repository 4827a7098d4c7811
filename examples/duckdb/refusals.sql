-- Refusals by rule, class of the investor and hour of Moscow: how many requests a rule decided, and how many failed it.
SELECT
    date_trunc('hour', make_timestamp_ns(epoch_ns(time)) + INTERVAL 3 HOURS) AS hour,
    rule,
    any_value(title) AS title,
    investor_class,
    count(*) FILTER (is_decisive) AS decided,
    count(*) AS failed
FROM 'verdicts.parquet'
WHERE rule IS NOT NULL
GROUP BY hour, rule, investor_class
ORDER BY hour, decided DESC, rule, investor_class;
