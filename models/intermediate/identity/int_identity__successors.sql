-- Each profile id with itself and with every id that it has led to: by merging, by
-- splitting, and on from there.
{{ config(materialized='view') }}

with changes as (

    select
        old_profile_id as from_id,
        new_profile_id as to_id
    from {{ ref('profile_id_changes') }}
    group by old_profile_id, new_profile_id

),

reached as (

    {{ dbt_consent.reachable('changes', 'from_id', 'to_id') }}

)

select
    profile_id,
    profile_id as successor_id
from {{ ref('profile_ids') }}
group by profile_id

union

select
    from_id as profile_id,
    to_id as successor_id
from reached
