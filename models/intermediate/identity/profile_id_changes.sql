-- State: what became of each profile id. `merged`: the id has ended, and this is the
-- profile that its record first seen went to. `split`: records left the id, or it was
-- divided, and this is where some of them went.
{{ config(
    materialized='incremental',
    unique_key=['old_profile_id', 'new_profile_id', 'changed_at'],
    incremental_strategy='delete+insert',
    full_refresh=false,
    on_schema_change='fail',
    tags=['state'],
) }}

-- The records that a run has moved, those first that the id belonged to: profile_ids
-- gives an id to the record first seen, those that were away and are back last.
with moved as (

    select
        previous_profile_id as old_profile_id,
        profile_id as new_profile_id,
        changed_at,
        row_number() over (
            partition by previous_profile_id, changed_at
            order by
                case when returned_at = changed_at then 1 else 0 end,
                first_seen_at,
                {{ dbt_consent.by_code_point('source_name') }},
                {{ dbt_consent.by_code_point('source_record_id') }}
        ) as move_number
    from {{ ref('profile_ids') }}
    where previous_profile_id is not null

),

moves as (

    select
        old_profile_id,
        new_profile_id,
        changed_at,
        min(move_number) as move_number
    from moved
    group by old_profile_id, new_profile_id, changed_at

),

living as (

    select profile_id
    from {{ ref('profile_ids') }}
    where last_seen_at is null
    group by profile_id

)

select
    moves.old_profile_id,
    moves.new_profile_id,
    case
        when living.profile_id is null and moves.move_number = 1 then 'merged'
        else 'split'
    end as reason,
    moves.changed_at
from moves
left join living on moves.old_profile_id = living.profile_id
{% if is_incremental() %}
left join {{ this }} as known
    on
        moves.old_profile_id = known.old_profile_id
        and moves.new_profile_id = known.new_profile_id
        and moves.changed_at = known.changed_at
where known.old_profile_id is null
{% if dbt_consent.is_as_of_run() %}and 1 = 0{% endif %}
{% elif dbt_consent.is_as_of_run() %}
where 1 = 0
{% endif %}
