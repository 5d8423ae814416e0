-- May this contact point be used for this purpose, and why: one row for each contact
-- point and each purpose of its channel or of none. What is not stored as a decision
-- has the purpose's default.
{{ config(materialized='view') }}

select
    points.profile_id,
    points.key_type,
    points.key_value,
    purposes.purpose,
    coalesce(decisions.status, 'no_record') as status,
    coalesce(decisions.is_permitted, purposes.default_is_permitted) as is_permitted,
    coalesce(decisions.reason, purposes.default_reason) as reason,
    case
        when decisions.reason is null then purposes.default_reason_detail
        else decisions.reason_detail
    end as reason_detail,
    decisions.deciding_id as consent_id,
    decisions.deciding_source as source_name,
    decisions.deciding_recorded_at as recorded_at,
    decisions.expires_at
from {{ ref('profile_contact_points') }} as points
inner join {{ ref('int_consent__purposes') }} as purposes
    on (purposes.channel is null or points.key_type = purposes.channel)
left join {{ ref('int_consent__decisions') }} as decisions
    on
        points.profile_id = decisions.profile_id
        and points.key_type = decisions.key_type
        and points.key_value = decisions.key_value
        and purposes.purpose = decisions.purpose
