-- Contact points that are never used, whatever was granted: bounced, or shut by hand. A
-- reason that nobody knows shuts too. Without a date a suppression holds always.

select
    key_type,
    key_value,
    {{ dbt_consent.min_by_code_point("coalesce(reason, 'unknown')") }} as reason,
    min(suppressed_at) as suppressed_at
from {{ ref('int_consent__suppression_rows') }}
where
    key_value is not null
    and coalesce(reason, 'unknown') not in ('complained', 'erased')
    and (
        suppressed_at is null
        or least(suppressed_at, {{ dbt_consent.observed_at() }})
        <= {{ dbt_consent.as_of() }}
    )
group by key_type, key_value
