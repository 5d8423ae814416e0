-- What ties the records of a profile to each other: the keys that they share and the
-- pairs of always_match, one row per record and tie. Two records of a profile are tied
-- directly when they have a row with the same tie_type and tie_id. The smaller the
-- strength_rank, the stronger: pairs first, then keys by how many records share them,
-- then in the order of vars.alternate_keys.
{% set text = dbt.type_string() %}
{% set keys = dbt_consent.alternate_keys() %}

select
    record_keys.record_id,
    record_profiles.profile_id,
    record_keys.key_type as tie_type,
    record_keys.tie_id,
    record_keys.record_count * {{ keys | length + 1 }} + case record_keys.key_type
        {% for key in keys %}
        when '{{ key }}' then {{ loop.index }}
        {% endfor %}
    end as strength_rank
from {{ ref('int_identity__record_keys') }} as record_keys
inner join {{ ref('int_identity__record_profiles') }} as record_profiles
    on record_keys.record_id = record_profiles.record_id
where
    record_keys.is_tying
    and record_keys.record_count > 1

union all

select
    pair_ends.record_id,
    record_profiles.profile_id,
    cast('always_match' as {{ text }}) as tie_type,
    pair_ends.tie_id,
    cast(0 as bigint) as strength_rank
from (
    {% for end in ['record_id', 'other_record_id'] %}
    select
        {{ end }} as record_id,
        record_id * 2147483648 + other_record_id as tie_id
    from {{ ref('int_identity__match_pairs') }}
    where kind = 'always'
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
) as pair_ends
inner join {{ ref('int_identity__record_profiles') }} as record_profiles
    on pair_ends.record_id = record_profiles.record_id
