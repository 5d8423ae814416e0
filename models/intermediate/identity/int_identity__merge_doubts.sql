-- Why the merge of two records is doubtful: they contradict each other, hang together
-- by one key that many records share, or stand in a profile of many
-- (vars.merge_reviews).
{% set text = dbt.type_string() %}
{% set limits = dbt_consent.setting('merge_reviews') %}
{% set shared_by, size = limits.get('shared_by', 10), limits.get('size', 20) %}
{% set names = dbt_consent.name_attributes() %}
{% set birth_date = dbt_consent.birth_date_attribute() %}
{% set differing = [] %}
{% for name in names %}
{% do differing.append('one_' ~ name ~ ' <> other_' ~ name) %}
{% endfor %}

with pairs as (

    select
        pairs.*,
        record_profiles.profile_id
    from {{ ref('int_identity__review_pairs') }} as pairs
    inner join {{ ref('int_identity__record_profiles') }} as record_profiles
        on pairs.record_id = record_profiles.record_id

),

compared as (

    select
        pairs.record_id,
        pairs.other_record_id,
        {% for side in ['one', 'other'] %}
        {% for name in names %}
        {{ dbt_consent.compared_text(side ~ '.' ~ name) }} as {{ side }}_{{ name }},
        {% endfor %}
        {% if birth_date %}
        cast({{ side }}.{{ birth_date }} as {{ text }}) as {{ side }}_birth_date,
        {% endif %}
        {% endfor %}
        pairs.profile_id
    from pairs
    inner join {{ ref('int_identity__records') }} as one
        on pairs.record_id = one.record_id
    inner join {{ ref('int_identity__records') }} as other
        on pairs.other_record_id = other.record_id

),

-- ties beside the one that the pair hangs together by
further_ties as (

    select
        pairs.record_id,
        pairs.other_record_id
    from pairs
    inner join {{ ref('int_identity__ties') }} as ties
        on pairs.record_id = ties.record_id
    inner join {{ ref('int_identity__ties') }} as other_ties
        on
            pairs.other_record_id = other_ties.record_id
            and ties.tie_type = other_ties.tie_type
            and ties.tie_id = other_ties.tie_id
    where
        ties.tie_type <> pairs.tie_type
        or ties.tie_id <> pairs.tie_id
    group by pairs.record_id, pairs.other_record_id

),

profile_sizes as (

    select
        profile_id,
        count(*) as record_count
    from {{ ref('int_identity__record_profiles') }}
    group by profile_id
    having count(*) > {{ size }}

)

{% if birth_date %}
select
    record_id,
    other_record_id,
    cast('birth_date' as {{ text }}) as doubt,
    {{ dbt_consent.mask('one_birth_date') }} || ' and '
    || {{ dbt_consent.mask('other_birth_date') }} as detail
from compared
where one_birth_date <> other_birth_date

union all

{% endif %}
{% if names %}
select
    record_id,
    other_record_id,
    cast('names' as {{ text }}) as doubt,
    ''
    {% for name in names %}
    || coalesce({{ dbt_consent.mask('one_' ~ name) }} || ' ', '')
    {% endfor %}
    || 'and'
    {% for name in names %}
    || coalesce(' ' || {{ dbt_consent.mask('other_' ~ name) }}, '')
    {% endfor %}
        as detail
from compared
where
    ({{ differing | join(' or ') }})
    and coalesce({{ differing | join(', true) and coalesce(') }}, true)

union all

{% endif %}
select
    pairs.record_id,
    pairs.other_record_id,
    cast('shared_key' as {{ text }}) as doubt,
    keys.key_type || ' ' || {{ dbt_consent.mask('keys.key_value') }} || ' of '
    || cast(keys.record_count as {{ text }}) || ' records' as detail
from pairs
inner join {{ ref('int_identity__record_keys') }} as keys
    on
        pairs.record_id = keys.record_id
        and pairs.tie_type = keys.key_type
        and pairs.tie_id = keys.tie_id
        and keys.is_tying
left join further_ties
    on
        pairs.record_id = further_ties.record_id
        and pairs.other_record_id = further_ties.other_record_id
where
    keys.record_count > {{ shared_by }}
    and further_ties.record_id is null

union all

select
    pairs.record_id,
    pairs.other_record_id,
    cast('large_profile' as {{ text }}) as doubt,
    cast(profile_sizes.record_count as {{ text }}) || ' records' as detail
from pairs
inner join profile_sizes on pairs.profile_id = profile_sizes.profile_id
where pairs.tie_type is not null
