-- Every consent row as the sources have it now, in one shape: what was said, word by
-- word, and what staging makes of it today. Nothing is judged here but times: one
-- before the year 1900 is none, and an end that cannot be read has passed.
-- depends_on: {{ ref('int_sources__guard') }}
{% set text = dbt.type_string() %}
{% set timestamp = dbt.type_timestamp() %}
{% set said = [
    'consent_model', 'source_kind', 'source_name', 'consent_id', 'purpose', 'raw_purpose',
    'status', 'raw_status', 'recorded_at', 'raw_recorded_at', 'confirmed_at',
    'raw_confirmed_at', 'expires_at', 'raw_expires_at', 'evidence',
] %}
{% set beginning = dbt_consent.timestamp_literal('1900-01-01 00:00:00') %}

with observed as (

    {% for entry in dbt_consent.consent_models() %}
    {% set relation = ref(entry.model) %}
    {% set present = dbt_consent.require_columns(
        relation, dbt_consent.consent_columns(entry.model)
    ) %}
    select
        '{{ entry.model }}' as consent_model,
        '{{ entry.kind }}' as source_kind,
        -- state keeps one type, whatever a source's own is
        {% for column in [
            'source_name', 'consent_id', 'key_type', 'key_value', 'purpose', 'status',
        ] %}
        cast({{ column }} as {{ text }}) as {{ column }},
        {% endfor %}
        recorded_at,
        confirmed_at,
        expires_at,
        cast(evidence as {{ text }}) as evidence,
        {% for raw in dbt_consent.raw_consent_columns() %}
        {% if raw in present %}
        {{ dbt_consent.clean_text(raw) }} as {{ raw }}{{ ',' if not loop.last }}
        {% else %}
        cast(null as {{ text }}) as {{ raw }}{{ ',' if not loop.last }}
        {% endif %}
        {% endfor %}
    from {{ relation }}
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select
        {% for column in ['consent_model', 'source_kind'] %}
        cast(null as {{ text }}) as {{ column }},
        {% endfor %}
        {% for column, type in dbt_consent.consent_columns('').items() %}
        cast(null as {{ timestamp if type == 'timestamp' else text }}) as {{ column }},
        {% endfor %}
        {% for raw in dbt_consent.raw_consent_columns() %}
        cast(null as {{ text }}) as {{ raw }}{{ ',' if not loop.last }}
        {% endfor %}
    where 1 = 0
    {% endfor %}

),

worded as (

    select
        consent_model,
        source_kind,
        source_name,
        consent_id,
        key_type,
        key_value,
        coalesce(raw_key_value, key_value) as raw_key_value,
        purpose,
        coalesce(raw_purpose, purpose) as raw_purpose,
        -- a ledger's row without an answer ends what its event said before
        case
            when status is null and raw_status is null then 'nothing'
            else status
        end as status,
        coalesce(raw_status, status, 'nothing') as raw_status,
        {% for time in ['recorded_at', 'confirmed_at'] %}
        case when {{ time }} >= {{ beginning }} then {{ time }} end as {{ time }},
        case
            when {{ time }} is null then raw_{{ time }}
            when {{ time }} < {{ beginning }}
                then coalesce(raw_{{ time }}, {{ dbt_consent.timestamp_text(time) }})
        end as raw_{{ time }},
        {% endfor %}
        case
            when expires_at is null and raw_expires_at is not null then {{ beginning }}
            when expires_at < {{ beginning }} then {{ beginning }}
            else expires_at
        end as expires_at,
        case
            when expires_at is null then raw_expires_at
            when expires_at < {{ beginning }}
                then coalesce(raw_expires_at, {{ dbt_consent.timestamp_text('expires_at') }})
        end as raw_expires_at,
        evidence
    from observed
    where
        status is not null
        or raw_status is not null
        or (
            source_kind = 'ledger'
            and (purpose is not null or raw_purpose is not null)
        )

),

identified as (

    select
        consent_model,
        source_kind,
        source_name,
        {# a ledger's row without an id is the event that its content says #}
        coalesce(
            consent_id,
            case when source_kind = 'ledger' then {{ dbt_consent.content_hash(
                ['source_name', 'key_type', 'raw_key_value', 'raw_purpose', 'raw_status']
                + dbt_consent.consent_times() + ['evidence'],
                timestamps=dbt_consent.consent_times(),
            ) }} end
        ) as consent_id,
        key_type,
        key_value,
        raw_key_value,
        purpose,
        raw_purpose,
        status,
        raw_status,
        recorded_at,
        raw_recorded_at,
        confirmed_at,
        raw_confirmed_at,
        expires_at,
        raw_expires_at,
        evidence
    from worded

),

-- of a field with several addresses each one is denied, and none is granted
split as (

    {{ dbt_consent.split_contact_points(
        'identified', said, "coalesce(status, 'denied') not in "
        "('granted', 'pending', 'nothing')"
    ) }}

),

each_point as (

    select
        {{ said | join(',\n        ') }},
        key_type,
        key_value,
        raw_key_value
    from identified
    union all
    select * from split

),

numbered as (

    select
        *,
        {% for name, columns in dbt_consent.hashes_of_consents().items() %}
        {{ dbt_consent.content_hash(
            columns, timestamps=dbt_consent.consent_times()
        ) }} as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from each_point

)

select
    *,
    row_number() over (
        partition by version_id
        order by
            {{ dbt_consent.by_code_point("coalesce(key_value, '')") }},
            {{ dbt_consent.by_code_point("coalesce(purpose, '')") }},
            {{ dbt_consent.by_code_point("coalesce(status, '')") }}
    ) as copy_number
from numbered
