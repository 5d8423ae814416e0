-- Contact point × purpose that a grant decides for, whatever else may stop the use: the
-- time of the grant, where it came from, and when it ends. It ends with the first of
-- its own end and those of the grants above that the permission rests on: those of
-- ancestors that ask for a grant.
{{ config(materialized='view') }}

with ends_above as (

    select
        above.profile_id,
        above.key_type,
        above.key_value,
        above.purpose,
        min(statuses.granted_expires_at) as ends_at
    from {{ ref('int_consent__ancestor_decisions') }} as above
    inner join {{ ref('int_consent__point_statuses') }} as statuses
        on
            above.key_type = statuses.key_type
            and above.key_value = statuses.key_value
            and above.ancestor = statuses.purpose
    where above.enforcement = 'opt_in'
    group by above.profile_id, above.key_type, above.key_value, above.purpose

)

select
    own.profile_id,
    own.key_type,
    own.key_value,
    own.purpose,
    -- a grant without a date is older than everything, and has none to show
    case
        when own.granted_at > {{ dbt_consent.timestamp_literal('0001-01-01 00:00:00') }}
            then own.granted_at
    end as granted_at,
    own.deciding_source as source_name,
    case
        when own.expires_at is null then ends_above.ends_at
        when ends_above.ends_at is null then own.expires_at
        else least(own.expires_at, ends_above.ends_at)
    end as ends_at
from {{ ref('int_consent__own_decisions') }} as own
left join ends_above
    on
        own.profile_id = ends_above.profile_id
        and own.key_type = ends_above.key_type
        and own.key_value = ends_above.key_value
        and own.purpose = ends_above.purpose
where own.status = 'granted' and own.enforcement <> 'none'
