{{ dbt_consent.segment(uses=['campaign_holdout', 'employees'], activities=['orders']) }}
