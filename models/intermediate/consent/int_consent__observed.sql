-- Every consent row as the sources have it now, in one shape, with what is wrong with
-- it. A status that nobody mapped counts as denied, an end that cannot be read has
-- come; rows without a purpose or an answer are no events; ignored purposes end here.
{{ config(post_hook="{{ dbt_consent.stop_on_unknown_purposes(this) }}") }}
-- depends_on: {{ ref('int_sources__guard') }}
{% set key_types = dbt_consent.setting('alternate_keys') %}

with observed as (

    {% for entry in dbt_consent.consent_models() %}
    {% set relation = ref(entry.model) %}
    {% set present = dbt_consent.require_columns(
        relation, dbt_consent.consent_columns(entry.model)
    ) %}
    {% set said = {} %}
    {% for column in ['purpose', 'status'] %}
    {% do said.update({column: column if 'raw_' ~ column not in present
        else 'coalesce(' ~ column ~ ', raw_' ~ column ~ ')'}) %}
    {% endfor %}
    select
        '{{ entry.model }}' as model_name,
        '{{ entry.kind }}' as source_kind,
        source_name,
        consent_id,
        key_type,
        key_value,
        {{ 'raw_key_value' if 'raw_key_value' in present else 'key_value' }}
            as raw_key_value,
        {{ said.purpose }} as purpose,
        status,
        {{ 'coalesce(raw_status, status)' if 'raw_status' in present else 'status' }}
            as raw_status,
        recorded_at,
        confirmed_at,
        {% if 'raw_expires_at' in present -%}
        case
            when expires_at is null and raw_expires_at is not null
                then {{ dbt_consent.timestamp_literal('1970-01-01 00:00:00') }}
            else expires_at
        end as expires_at,
        {%- else -%}
        expires_at,
        {%- endif %}
        evidence
    from {{ relation }}
    where
        {{ said.purpose }} <> 'ignored'
        and {{ said.status }} <> 'nothing'

    union all
    {% endfor %}
    select
        model_name,
        source_kind,
        source_name,
        consent_id,
        key_type,
        key_value,
        key_value as raw_key_value,
        purpose,
        status,
        status as raw_status,
        recorded_at,
        confirmed_at,
        expires_at,
        evidence
    from {{ ref('int_consent__suppression_denials') }}

),

judged as (

    select
        *,
        case
            when key_value is null then 'contact_point_not_valid'
            when
                key_type is null
                or key_type not in ({{ dbt_consent.text_list(key_types) }})
                then 'key_type_unknown'
            when {{ dbt_consent.is_junk_key('key_type', 'key_value') }}
                then 'contact_point_is_junk'
        end as key_rejection,
        case
            when
                status is null
                or status not in ('granted', 'denied', 'pending')
                then 'status_not_mapped'
        end as status_rejection
    from observed

),

identified as (

    select
        model_name,
        source_kind,
        source_name,
        coalesce(consent_id, {{ dbt_consent.content_hash([
            'source_name', 'key_type', 'raw_key_value', 'purpose',
            'coalesce(status, raw_status)', 'recorded_at', 'confirmed_at',
            'expires_at', 'evidence',
        ], timestamps=['recorded_at', 'confirmed_at', 'expires_at']) }}) as consent_id,
        key_type,
        key_value,
        raw_key_value,
        purpose,
        case when status_rejection is null then status else 'denied' end as status,
        raw_status,
        recorded_at,
        confirmed_at,
        expires_at,
        evidence,
        key_rejection,
        status_rejection
    from judged

)

select
    *,
    {{ dbt_consent.content_hash([
        'source_name', 'consent_id', 'key_type', 'key_value', 'purpose', 'status',
        'recorded_at', 'confirmed_at', 'expires_at', 'evidence',
    ], timestamps=['recorded_at', 'confirmed_at', 'expires_at']) }} as event_id
from identified
