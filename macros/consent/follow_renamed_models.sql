{#
    What was kept of a consent or suppression model that has another name now
    (`vars: renamed_models:`) becomes what is kept of that one: nothing changes but the name,
    and the hashes that hold it, in retractions too. A pre-hook of consent_events and
    suppression_events. An id that is no hash of its row (of what was erased, or was kept by
    a version before) stays as it is.

    Arguments
        state   `this`
        column  the column with the model's name
        id      the column that retractions name
        hashes  {column: list of the columns that it is a hash of, by content_hash}
#}
{% macro follow_renamed_models(state, column, id, hashes) -%}
    {%- if dbt_consent._is_load() and load_relation(state) is not none -%}
        {%- set times = dbt_consent.consent_times() + ['suppressed_at'] -%}
        {%- set retractions = dbt_consent.model_relation('retractions') -%}
        {%- for old, new in dbt_consent.renamed_models().items()
            if dbt_consent.has_rows(state, column ~ ' = ' ~ dbt_consent.text_literal(old)) %}
        {%- set hashed = {} -%}
        {%- for name, columns in hashes.items() -%}
            {%- set given = columns | select('in', times) | list -%}
            {%- set renamed = columns | reject('equalto', column) | list -%}
            {%- do hashed.update({name: 'case when ' ~ name ~ ' = '
                ~ dbt_consent.content_hash(columns, timestamps=given) ~ ' then '
                ~ dbt_consent.content_hash(
                    [dbt_consent.text_literal(new)] + renamed, timestamps=given
                ) ~ ' else ' ~ name ~ ' end'}) -%}
        {%- endfor -%}
        {%- if load_relation(retractions) is not none %}
    update {{ retractions }} as retractions set {{ id }} = renamed.new_id
    from (
        select {{ id }} as old_id, min({{ hashed[id] }}) as new_id
        from {{ state }}
        where {{ column }} = {{ dbt_consent.text_literal(old) }}
        group by {{ id }}
    ) as renamed
    where retractions.{{ id }} = renamed.old_id;
    update {{ retractions }} set consent_model = {{ dbt_consent.text_literal(new) }}
    where consent_model = {{ dbt_consent.text_literal(old) }};
        {%- endif %}
    update {{ state }} set
        {%- for name, hash in hashed.items() %}
        {{ name }} = {{ hash }},
        {%- endfor %}
        {{ column }} = {{ dbt_consent.text_literal(new) }}
    where {{ column }} = {{ dbt_consent.text_literal(old) }};
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
