{{ dbt_consent.segment(uses=['employees']) }}
