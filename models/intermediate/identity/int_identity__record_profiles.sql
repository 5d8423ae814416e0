-- The profile of each record that there is. Read from state, so that a run for another
-- moment decides with the identities that are known now.
select
    records.record_id,
    records.source_name,
    records.source_record_id,
    profile_ids.profile_id
from {{ ref('int_identity__records') }} as records
inner join {{ ref('profile_ids') }} as profile_ids
    on
        records.source_name = profile_ids.source_name
        and records.source_record_id = profile_ids.source_record_id
