{#
    What was kept of a consent or suppression model that has another name now
    (`vars: renamed_models:`) becomes what is kept of that one: nothing changes but the name,
    and the hashes that hold it. A pre-hook of consent_events and suppression_events.

    Arguments
        state   `this`
        column  the column with the model's name
        hashes  {column: list of the columns that it is a hash of, by content_hash}
#}
{% macro follow_renamed_models(state, column, hashes) -%}
    {%- if dbt_consent._is_load() and load_relation(state) is not none -%}
        {%- set times = dbt_consent.consent_times() + ['suppressed_at'] -%}
        {%- for old, new in dbt_consent.renamed_models().items()
            if dbt_consent.has_rows(state, column ~ ' = ' ~ dbt_consent.text_literal(old)) %}
    update {{ state }} set {{ column }} = {{ dbt_consent.text_literal(new) }}
    where {{ column }} = {{ dbt_consent.text_literal(old) }};
    update {{ state }} set
        {%- for name, columns in hashes.items() %}
        {{ name }} = {{ dbt_consent.content_hash(
            columns, timestamps=columns | select('in', times) | list
        ) }}{{ ',' if not loop.last }}
        {%- endfor %}
    where {{ column }} = {{ dbt_consent.text_literal(new) }};
        {%- endfor %}
    select 1 as followed
    {%- endif %}
{%- endmacro %}

{# The columns that event_id and version_id of consent_events are hashes of. #}
{% macro hashes_of_consents() -%}
    {{ return({
        'event_id': ['consent_model', 'source_name', 'consent_id', 'raw_purpose'],
        'version_id': [
            'consent_model', 'source_name', 'consent_id', 'key_type', 'raw_key_value',
            'raw_purpose', 'raw_status', 'raw_recorded_at', 'raw_confirmed_at',
            'raw_expires_at',
        ] + dbt_consent.consent_times() + ['evidence'],
    }) }}
{%- endmacro %}

{# The same of suppression_events. #}
{% macro hashes_of_suppressions() -%}
    {{ return({
        'suppression_id': ['suppression_model', 'key_type', 'raw_key_value', 'reason'],
        'version_id': [
            'suppression_model', 'key_type', 'raw_key_value', 'reason', 'suppressed_at',
        ],
    }) }}
{%- endmacro %}
