-- Components that hold what must not be together: a pair of never_match, or two values
-- of a column that vars.unique_keys says to cut.
with never_pairs as (

    select linked.component_id
    from {{ ref('int_identity__match_pairs') }} as pairs
    inner join {{ ref('int_identity__linked_records') }} as linked
        on pairs.record_id = linked.record_id
    inner join {{ ref('int_identity__linked_records') }} as other_linked
        on pairs.other_record_id = other_linked.record_id
    where
        pairs.kind = 'never'
        and linked.component_id = other_linked.component_id

),

contradictions as (

    select linked.component_id
    from {{ ref('int_identity__unique_values') }} as unique_values
    inner join {{ ref('int_identity__linked_records') }} as linked
        on unique_values.record_id = linked.record_id
    where unique_values.handling = 'cut'
    group by linked.component_id, unique_values.column_name
    having min(unique_values.value) <> max(unique_values.value)

)

select component_id
from never_pairs
union
select component_id
from contradictions
