-- The retractions that stand at known_at; on trial, also those that are tried, and
-- without those whose undoing is tried.
{{ config(materialized='view') }}
{% set known_at = dbt_consent.known_at() %}
{% set trial = dbt_consent.setting('trial') or {} %}
{% set names = ['event_id', 'consent_model', 'suppression_id'] %}

select
    event_id,
    consent_model,
    first_seen_at,
    suppression_id,
    denials_too,
    retracted_at
from {{ ref('retractions') }}
where
    retracted_at <= {{ known_at }}
    and (undone_at is null or undone_at > {{ known_at }})
{% for each in trial.get('undo', []) %}
    and not (
        {% for name in names if each.get(name) %}
        coalesce({{ name }}, '') = {{ dbt_consent.text_literal(each[name]) }}
        {{ 'and' if each.get('first_seen_at') }}
        {% endfor %}
        {% if each.get('first_seen_at') %}
        first_seen_at = {{ dbt_consent.timestamp_literal(each.first_seen_at) }}
        {% endif %}
    )
    {% endfor %}
{% for each in trial.get('retract', []) %}

union all

select
    {% for name in ['event_id', 'consent_model'] %}
    {{ dbt_consent.optional_text(each.get(name)) }} as {{ name }},
    {% endfor %}
    {% if each.get('first_seen_at') %}
    {{ dbt_consent.timestamp_literal(each.first_seen_at) }} as first_seen_at,
    {% else %}
    cast(null as {{ dbt.type_timestamp() }}) as first_seen_at,
    {% endif %}
    {{ dbt_consent.optional_text(each.get('suppression_id')) }} as suppression_id,
    {{ 'true' if each.get('denials_too') else 'false' }} as denials_too,
    {{ known_at }} as retracted_at
{% endfor %}
