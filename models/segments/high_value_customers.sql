{{ dbt_consent.segment(uses=['employees'], activities=['orders']) }}
