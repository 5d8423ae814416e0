-- The connected components of records and keys before any guard has cut one: records
-- that share a key with another, and the smallest record of everything that they reach.
-- A key's records are tied to its first record, never all to all.
{{ config(materialized='connected_components') }}

select
    record_id as node,
    first_record_id as other_node
from {{ ref('int_identity__record_keys') }}
where
    is_tying
    and record_id <> first_record_id

union all

select
    record_id as node,
    other_record_id as other_node
from {{ ref('int_identity__match_pairs') }}
where kind = 'always'
