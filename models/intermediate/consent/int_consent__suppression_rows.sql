-- The rows of all suppression lists as they are now, in one shape. A reason that nobody
-- knows shuts the contact point too, and is listed until staging maps it.
-- depends_on: {{ ref('int_sources__guard') }}
{% set text = dbt.type_string() %}
{% set beginning = dbt_consent.timestamp_literal('1900-01-01 00:00:00') %}

with observed as (

    {% for model in dbt_consent.setting('suppression_models') %}
    {% set relation = ref(model) %}
    {% set present = dbt_consent.require_columns(
        relation, dbt_consent.suppression_columns()
    ) %}
    select
        '{{ model }}' as suppression_model,
        -- state keeps one type, whatever a list's own is
        cast(key_type as {{ text }}) as key_type,
        cast(key_value as {{ text }}) as key_value,
        {% if 'raw_key_value' in present %}
        coalesce(
            {{ dbt_consent.clean_text('raw_key_value') }}, cast(key_value as {{ text }})
        ) as raw_key_value,
        {% else %}
        cast(key_value as {{ text }}) as raw_key_value,
        {% endif %}
        cast(reason as {{ text }}) as reason,
        case when suppressed_at >= {{ beginning }} then suppressed_at end
            as suppressed_at
    from {{ relation }}
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select
        cast(null as {{ text }}) as suppression_model,
        cast(null as {{ text }}) as key_type,
        cast(null as {{ text }}) as key_value,
        cast(null as {{ text }}) as raw_key_value,
        cast(null as {{ text }}) as reason,
        cast(null as {{ dbt.type_timestamp() }}) as suppressed_at
    where 1 = 0
    {% endfor %}

),

-- of a field with several addresses each one is shut, and none is opened
split as (

    {{ dbt_consent.split_contact_points(
        'observed', ['suppression_model', 'reason', 'suppressed_at'],
        "coalesce(reason, '') <> 'lifted'",
    ) }}

),

each_point as (

    select
        suppression_model,
        reason,
        suppressed_at,
        key_type,
        key_value,
        raw_key_value
    from observed
    union all
    select * from split

),

numbered as (

    select
        *,
    {% for name, columns in dbt_consent.hashes_of_suppressions().items() %}
        {{ dbt_consent.content_hash(
            columns, timestamps=['suppressed_at']
        ) }} as {{ name }}{{ ',' if not loop.last }}
    {% endfor %}
    from each_point

)

select
    *,
    row_number() over (
        partition by version_id
        order by {{ dbt_consent.by_code_point("coalesce(key_value, '')") }}
    ) as copy_number
from numbered
