-- Keys that tie nobody, or not everybody who has them, and contradictions within a
-- profile. Values are masked; the example is a record that carries it, unless its
-- profile is withheld.
with rejected as (

    select
        reason,
        key_type,
        {{ dbt_consent.mask('key_value') }} as masked_value,
        record_id,
        record_count
    from {{ ref('int_identity__rejected_keys') }}

    union all

    select
        cast('contradiction' as {{ dbt.type_string() }}) as reason,
        column_name as key_type,
        {{ dbt_consent.mask('value') }} || ' and '
        || {{ dbt_consent.mask('other_value') }} as masked_value,
        record_id,
        record_count
    from {{ ref('int_identity__contradictions') }}

)

select
    rejected.reason,
    rejected.key_type,
    rejected.masked_value,
    rejected.record_count,
    case when withheld.profile_id is null then records.source_name end as source_name,
    case when withheld.profile_id is null then records.source_record_id end
        as source_record_id
from rejected
inner join {{ ref('int_identity__record_profiles') }} as records
    on rejected.record_id = records.record_id
left join {{ ref('int_consent__withheld_profiles') }} as withheld
    on records.profile_id = withheld.profile_id
