{#
    What stops a build before consent is written into state. Each raises one compilation
    error that says what, where and what to do, outside of parsing and as-of runs.

    stop_on_rows_without_id(observed)
        a row of a model of kind `state` without a consent_id: whether it is the same as
        yesterday's could not be said
    stop_on_unknown_purposes(stored, observed, purpose_labels, status_labels, retractions)
        a label that leads to no declared purpose and is not `ignored`, in what comes now
        and in what was stored
    stop_on_dropped_denials(last, stored, observed, purpose_labels, status_labels)
        denials that somebody meant, that counted at the last run and that no row of today's
        mappings, junk keys and purposes makes count: more than `vars: accepted_drops:`

    Arguments
        observed                       int_consent__observed
        stored                         consent_events as the last load left it; may not exist
        last                           int_consent__interpreted of the last run; may not exist
        purpose_labels, status_labels  the seeds
        retractions                    int_consent__standing_retractions
#}
{% macro stop_on_rows_without_id(observed) -%}
    {%- if dbt_consent._is_load() -%}
        {%- set found = [] -%}
        {%- for row in run_query(
            'select consent_model, count(*) from ' ~ observed ~ " where source_kind = 'state'"
            ~ ' and consent_id is null group by consent_model order by consent_model'
        ) -%}
            {%- do found.append(row[0] ~ ' (' ~ row[1] ~ ' rows)') -%}
        {%- endfor -%}
        {%- if found -%}
            {{ exceptions.raise_compiler_error(
                'Rows without a consent_id in a consent model of kind `state`: '
                ~ found | join(', ') ~ '. Give each row an id that stays with its record, such as '
                ~ 'its primary key, or declare the model as `kind: ledger` in vars.consent_models.'
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro stop_on_unknown_purposes(stored, observed, purpose_labels, status_labels, retractions) -%}
    {%- if dbt_consent._is_load() -%}
        {%- set known = dbt_consent.text_list(dbt_consent.purposes().keys() | list + ['ignored']) -%}
        {%- set denied = "sum(case when status = 'denied' then 1 else 0 end)" -%}
        {%- set rows = run_query(
            'select raw_purpose, source_name, count(*), ' ~ denied ~ ' from ' ~ observed
            ~ ' where raw_purpose is not null and (purpose is null or purpose not in (' ~ known
            ~ ')) group by raw_purpose, source_name order by raw_purpose, source_name'
        ).rows | list -%}
        {%- if load_relation(stored) is not none -%}
            {%- set rows = rows + (run_query(
                'select events.raw_purpose, events.source_name, count(*), '
                ~ "sum(case when events.status = 'denied' then 1 else 0 end) from ("
                ~ dbt_consent.interpreted_events(
                    stored, observed, purpose_labels, status_labels, of_no_purpose=true
                )
                ~ ') as events left join ' ~ dbt_consent.retracted_versions(stored, retractions)
                ~ ' as retracted on events.version_id = retracted.version_id'
                ~ ' left join ' ~ observed ~ ' as observed on events.version_id = observed.version_id'
                ~ ' where observed.version_id is null and retracted.version_id is null'
                ~ ' group by events.raw_purpose, events.source_name'
                ~ ' order by events.raw_purpose, events.source_name'
            ).rows | list) -%}
        {%- endif -%}
        {%- set found = [] -%}
        {%- for row in rows -%}
            {%- do found.append(
                "'" ~ row[0] ~ "' (source " ~ row[1] ~ ', ' ~ row[2] ~ ' rows, ' ~ row[3] ~ ' denials)'
            ) -%}
        {%- endfor -%}
        {%- if found -%}
            {{ exceptions.raise_compiler_error(
                'Consent for a purpose that is not known: ' ~ found | unique | join('; ')
                ~ '. Map each label to a purpose of vars.purposes, or to `ignored`, in '
                ~ 'seeds/reference/purpose_labels.csv; rows that are gone at their source are '
                ~ 'evidence too.'
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro stop_on_dropped_denials(last, stored, observed, purpose_labels, status_labels) -%}
    {%- if dbt_consent._is_load() and load_relation(last) is not none and load_relation(stored) is not none -%}
        {%- set row = run_query(
            'select count(*), min(dropped.source_name) from ('
            ~ 'select counted.version_id, min(counted.source_name) as source_name from ' ~ last ~ ' as counted'
            ~ ' left join (' ~ dbt_consent.interpreted_events(stored, observed, purpose_labels, status_labels)
            ~ ') as today on counted.version_id = today.version_id'
            ~ ' and counted.present_from = today.present_from'
            ~ " where counted.status = 'denied' and counted.is_mapped"
            ~ " and (today.version_id is null or today.status <> 'denied'"
            ~ ' or (today.purpose <> counted.purpose and counted.purpose in ('
            ~ dbt_consent.text_list(dbt_consent.purposes().keys() | list) ~ ')))'
            ~ ' and counted.version_id in (select version_id from ' ~ stored ~ ')'
            ~ ' group by counted.version_id) as dropped'
        ).rows[0] -%}
        {%- set dropped = row[0] | int -%}
        {%- if dropped -%}
            {%- do log(dropped ~ ' denials that counted at the last run are dropped by a changed'
                ~ ' mapping, junk key or purpose', info=true) -%}
        {%- endif -%}
        {%- if dropped > dbt_consent.setting('accepted_drops') -%}
            {{ exceptions.raise_compiler_error(
                'A changed mapping, junk key or purpose drops ' ~ dropped ~ ' denials that counted '
                ~ 'at the last run (source ' ~ row[1] ~ ' among others). Take the change back in '
                ~ 'seeds/reference or vars.purposes; if it is meant, run once with '
                ~ "--vars '{accepted_drops: " ~ dropped ~ "}'."
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# A run that reads the sources and may write state. #}
{% macro _is_load() -%}
    {{ return(execute and flags.WHICH in ['build', 'run'] and not dbt_consent.is_as_of_run()) }}
{%- endmacro %}
