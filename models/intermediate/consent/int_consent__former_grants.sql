-- What can lift a denial on a former contact point for a person as a whole: profile ×
-- former contact point × purpose, the latest grant in force on a present contact point
-- of a record that had the former one.

select
    former.profile_id,
    former.key_type,
    former.key_value,
    evidence.purpose,
    max(evidence.event_at) as granted_at
from (
    select
        profile_id,
        source_name,
        source_record_id,
        key_type,
        key_value
    from {{ ref('int_identity__former_points') }}
) as former
inner join {{ ref('int_identity__records') }} as records
    on
        former.source_name = records.source_name
        and former.source_record_id = records.source_record_id
inner join {{ ref('int_identity__record_keys') }} as keys
    on records.record_id = keys.record_id
inner join {{ ref('int_consent__evidence') }} as evidence
    on
        keys.key_type = evidence.key_type
        and keys.key_value = evidence.key_value
where evidence.effect = 'granted'
group by
    former.profile_id,
    former.key_type,
    former.key_value,
    evidence.purpose
