{{ dbt_consent.segment() }}
