{#
    From the state that kept what consent meant to the one that keeps what was said. An old
    row's words are its meaning; its model is the one that has its id today, or its source's
    rows. Suppressions that stood among the consents become suppression_events.

    columns_of_evidence()       {name: dbt type} of what consent_events has more
    evidence_from_meanings()    statements that fill them, and move the suppressions
    adopt_migrated_events(this, observed)
        A pre-hook of consent_events: at the first load an old row takes over the words of
        the row that its source still has and that means the same, so that it goes on as the
        version that it is. An old row that finds none keeps its words and ends as any
        version does.
#}
{% macro columns_of_evidence() -%}
    {%- set columns = {} -%}
    {%- for name in dbt_consent.raw_consent_columns() + ['version_id', 'consent_model'] -%}
        {%- do columns.update({name: dbt.type_string()}) -%}
    {%- endfor -%}
    {%- for name in ['present_from', 'last_shown_at'] -%}
        {%- do columns.update({name: dbt.type_timestamp()}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{% macro evidence_from_meanings() -%}
    {%- set events = dbt_consent.model_relation('consent_events') -%}
    {%- set suppressions = dbt_consent.model_relation('suppression_events') -%}
    {%- set lists = dbt_consent.text_list(dbt_consent.setting('suppression_models')) -%}
    {%- set was_suppression = "source_name in (" ~ lists ~ ") and consent_id like 'suppression-%'" -%}
    {%- set reason = "split_part(consent_id, '-', 2)" %}
    create table if not exists {{ suppressions }} as
    select
        {{ dbt_consent.content_hash(['source_name', 'key_type', 'key_value', reason]) }}
            as suppression_id,
        {{ dbt_consent.content_hash(
            ['source_name', 'key_type', 'key_value', reason, 'recorded_at'],
            timestamps=['recorded_at'],
        ) }} as version_id,
        source_name as suppression_model,
        key_type,
        key_value,
        key_value as raw_key_value,
        {{ reason }} as reason,
        recorded_at as suppressed_at,
        first_seen_at,
        first_seen_at as present_from,
        last_seen_at
    from {{ events }}
    where {{ was_suppression }};
    delete from {{ events }} where {{ was_suppression }};
    {% for entry in dbt_consent.consent_models() -%}
    {%- set node = dbt_consent.model_relation(entry.model) -%}
    {%- if execute and load_relation(node) is not none %}
    update {{ events }} as events set consent_model = '{{ entry.model }}'
    where consent_model is null and exists (
        select 1 from {{ node }} as rows_now
        where rows_now.source_name = events.source_name
        and rows_now.consent_id = events.consent_id
    );
    {%- endif -%}
    {%- endfor -%}
    {%- for entry in dbt_consent.consent_models() -%}
    {%- set node = dbt_consent.model_relation(entry.model) -%}
    {%- if execute and load_relation(node) is not none %}
    update {{ events }} as events set consent_model = '{{ entry.model }}'
    where consent_model is null and exists (
        select 1 from {{ node }} as rows_now where rows_now.source_name = events.source_name
    );
    {%- endif -%}
    {%- endfor %}
    update {{ events }} set
        consent_model = coalesce(consent_model, source_name),
        raw_purpose = purpose,
        raw_status = status,
        raw_key_value = key_value,
        present_from = first_seen_at,
        last_shown_at = last_seen_at,
        version_id = 'migrated:' || event_id
    where version_id is null;
    update {{ events }} set
        event_id = {{ dbt_consent.content_hash([
            'consent_model', 'source_name', 'consent_id', 'raw_purpose',
        ]) }}
    where version_id like 'migrated:%'
{%- endmacro %}

{% macro adopt_migrated_events(events, observed) -%}
    {%- if dbt_consent._is_load() and dbt_consent.has_rows(events, "version_id like 'migrated:%'") %}
    {%- set never = dbt_consent.timestamp_literal('0001-01-01 00:00:00') -%}
    {%- set words = ['version_id', 'event_id', 'evidence'] + dbt_consent.raw_consent_columns() -%}
    update {{ events }} as events set
        {% for column in words %}
        {{ column }} = said.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select
            observed.*,
            row_number() over (
                partition by
                    consent_model, source_name, consent_id, key_type, key_value, purpose,
                    status, recorded_at, confirmed_at, expires_at
                order by version_id
            ) as meaning_number
        from {{ observed }} as observed
        where copy_number = 1
    ) as said
    where
        events.version_id like 'migrated:%'
        and events.last_seen_at is null
        and said.meaning_number = 1
        and said.consent_model = events.consent_model
        and said.source_name = events.source_name
        and said.consent_id = events.consent_id
        and said.key_type = events.key_type
        and said.key_value = events.key_value
        and said.purpose = events.purpose
        and said.status = events.status
        {%- for time in dbt_consent.consent_times() %}
        and coalesce(said.{{ time }}, {{ never }}) = coalesce(events.{{ time }}, {{ never }})
        {%- endfor %};
    update {{ events }} as events set
        event_id = said.event_id
    from (
        select
            consent_model,
            source_name,
            consent_id,
            purpose,
            min(event_id) as event_id
        from {{ observed }}
        group by consent_model, source_name, consent_id, purpose
    ) as said
    where
        events.version_id like 'migrated:%'
        and said.consent_model = events.consent_model
        and said.source_name = events.source_name
        and said.consent_id = events.consent_id
        and said.purpose = events.purpose;
    update {{ events }} set version_id = 'from:' || substring(version_id from 10)
    where version_id like 'migrated:%'
    {%- endif %}
{%- endmacro %}
