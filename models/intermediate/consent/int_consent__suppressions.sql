-- Contact points that are never used, whatever was granted: bounced, as long as a list
-- says so, or shut by hand, until a later row lifts it.

with statements as (

    select * from {{ ref('int_consent__suppression_statements') }}

),

lifted as (

    select
        key_type,
        key_value,
        max(event_at) as lifted_at
    from statements
    where effect = 'lifted'
    group by key_type, key_value

)

select
    statements.key_type,
    statements.key_value,
    {{ dbt_consent.min_by_code_point('statements.reason') }} as reason,
    max(case when statements.effect = 'manual' then 1 else 0 end) = 1 as is_manual,
    min(statements.suppressed_at) as suppressed_at
from statements
left join lifted
    on
        statements.key_type = lifted.key_type
        and statements.key_value = lifted.key_value
where
    (statements.effect = 'bounced' and statements.is_there)
    or (
        statements.effect = 'manual'
        and (lifted.lifted_at is null or lifted.lifted_at <= statements.event_at)
    )
group by statements.key_type, statements.key_value
