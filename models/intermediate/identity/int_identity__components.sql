-- One row per record: the smallest record of all that belongs to the same person.
select
    records.record_id,
    coalesce(cut_records.component_id, linked.component_id, records.record_id)
        as component_id
from {{ ref('int_identity__records') }} as records
left join {{ ref('int_identity__linked_records') }} as linked
    on records.record_id = linked.record_id
left join {{ ref('int_identity__cut_records') }} as cut_records
    on records.record_id = cut_records.record_id
