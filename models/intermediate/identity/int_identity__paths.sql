-- How each record hangs together with the first record of its profile: the record that
-- it is tied to, one step nearer to the first one, and by what.
{{ config(materialized='shortest_paths') }}

select
    record_id,
    profile_id,
    tie_type,
    tie_id,
    strength_rank
from {{ ref('int_identity__ties') }}
