-- The keys of each record, without those that identify nobody. A key that more records
-- share than max_records_per_key, one that the seed shared_keys lists, and one whose
-- condition the record cannot meet (only_with) is a contact point, but ties nobody.
-- Records share a key where they have one value and agree on its condition.
{% set has_conditions = dbt_consent.key_conditions() | length > 0 %}
{% set has_several = dbt_consent.setting('contact_point_models') | length > 0 %}
{% set condition = ['agreement'] if has_conditions else [] %}
{% set named_by = ['key_type', 'key_value'] + condition %}
{% set agrees = 'usable_keys.agreement is not null' if has_conditions else 'true' %}
{% set counted = 'coalesce(shared_keys.record_count, 1)' %}

with usable_keys as (

    select
        record_id,
        key_type,
        key_value,
        raw_key_value,
        is_own,
        agreement,
        {{ dbt_consent.is_listed_key(
            'shared_keys', 'key_type', 'key_value', 'raw_key_value'
        ) }} as is_listed
    from {{ ref('int_identity__named_keys') }}
    where
        key_value is not null
        and not is_junk

),

shared_keys as (

    select
        {% for column in named_by %}
        {{ column }},
        {% endfor %}
        {% if has_several %}
        -- a record may be the first of several keys of a kind
        row_number() over (
            partition by key_type, min(record_id)
            order by
                {{ dbt_consent.by_code_point('key_value') }},
                {{ dbt_consent.by_code_point('min(agreement)') }}
        ) as key_number,
        {% endif %}
        min(record_id) as first_record_id,
        count(*) as record_count
    from usable_keys
    where agreement is not null
    group by {{ named_by | join(', ') }}
    having count(*) > 1

)

select
    usable_keys.record_id,
    usable_keys.key_type,
    usable_keys.key_value,
    usable_keys.raw_key_value,
    usable_keys.is_own,
    coalesce(shared_keys.first_record_id, usable_keys.record_id) as first_record_id,
    coalesce(shared_keys.first_record_id, usable_keys.record_id)
    + {{ 'coalesce(shared_keys.key_number, 0)' if has_several else 0 }} * 2147483648
        as tie_id,
    cast({{ counted }} as bigint) as record_count,
    {{ agrees }}
    and not usable_keys.is_listed
    and {{ counted }} <= {{ dbt_consent.record_limit('usable_keys.key_type') }}
        as is_tying,
    case
        when not {{ agrees }} then 'lacks_attribute'
        when usable_keys.is_listed then 'shared'
        when {{ counted }} > {{ dbt_consent.record_limit('usable_keys.key_type') }}
            then 'shared_by_too_many'
    end as not_tying_reason
from usable_keys
left join shared_keys
    on
        usable_keys.key_type = shared_keys.key_type
        {% for column in named_by[1:] %}
        and usable_keys.{{ column }} = shared_keys.{{ column }}
        {% endfor %}
