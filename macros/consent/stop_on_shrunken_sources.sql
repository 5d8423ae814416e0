{#
    Stops the build when a source is empty or has lost more than its declared share of
    rows since the last run that passed. A source that was never loaded may be empty only
    if it is a suppression list: a company without any suppression exists, one without
    customers does not.

    Arguments
        baseline  the relation with the row counts of the last run that passed; it may not
                  exist yet
        guarded   dbt_consent.guarded_models()
        counts    dbt_consent.source_row_counts(guarded)

    Raises one compilation error that names each source with both counts. To accept a
    loss that is real: --vars '{accepted_shrinks: [stg_crm__consents]}'.
#}
{% macro stop_on_shrunken_sources(baseline, guarded, counts) -%}
    {%- if execute and flags.WHICH in ['build', 'run'] and not dbt_consent.is_as_of_run() -%}
        {%- set before = dbt_consent._row_counts_of_last_run(baseline) -%}
        {%- set errors = [] -%}
        {%- for entry in guarded if entry.model not in dbt_consent.setting('accepted_shrinks') -%}
            {%- set now = counts[entry.model] -%}
            {%- set was = before.get(entry.model) -%}
            {%- if now == 0 and (was or not entry.may_start_empty) -%}
                {%- do errors.append(entry.model ~ ' is empty' ~ (' (' ~ was ~ ' rows before)' if was else '')) -%}
            {%- elif was and now < was * (1 - entry.max_shrink) -%}
                {%- do errors.append(
                    entry.model ~ ' has ' ~ now ~ ' rows, ' ~ was ~ ' before: it lost more than '
                    ~ (entry.max_shrink * 100) | round(1) ~ ' %'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if errors -%}
            {{ exceptions.raise_compiler_error(
                'The build stops before anything is changed, because a source looks like an outage: '
                ~ errors | join('; ') ~ ". If the loss is real, run once with "
                ~ "--vars '{accepted_shrinks: [<model>]}'."
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#
    How many rows each of these staging models has now, counted once: they are views. None
    outside of a build or run.

    Arguments
        guarded  dbt_consent.guarded_models()

    Returns a dictionary of row counts by the model's name.
#}
{% macro source_row_counts(guarded) -%}
    {%- set counts = {} -%}
    {%- set queries = [] -%}
    {%- for entry in guarded -%}
        {%- do queries.append(
            "select '" ~ entry.model ~ "' as model_name, count(*) as row_count from " ~ ref(entry.model)
        ) -%}
    {%- endfor -%}
    {%- if execute and queries and flags.WHICH in ['build', 'run'] -%}
        {%- for row in run_query(queries | join(' union all ')) -%}
            {%- do counts.update({row[0]: row[1] | int}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(counts) }}
{%- endmacro %}

{% macro _row_counts_of_last_run(baseline) -%}
    {%- set counts = {} -%}
    {%- if load_relation(baseline) is not none -%}
        {%- for row in run_query('select model_name, row_count from ' ~ baseline) -%}
            {%- set name = dbt_consent.renamed_models().get(row[0], row[0]) -%}
            {%- do counts.update({name: row[1] | int}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(counts) }}
{%- endmacro %}

{#
    Every model that the guard watches: {model, max_shrink, may_start_empty}. Customers,
    suppressions and contact points have the default share of consent models.
#}
{% macro guarded_models() -%}
    {%- set guarded = [] -%}
    {%- for model in dbt_consent.setting('customer_models') -%}
        {%- do guarded.append({'model': model, 'max_shrink': 0.3, 'may_start_empty': false}) -%}
    {%- endfor -%}
    {%- for entry in dbt_consent.consent_models() -%}
        {%- do guarded.append({'model': entry.model, 'max_shrink': entry.max_shrink, 'may_start_empty': false}) -%}
    {%- endfor -%}
    {%- for model in dbt_consent.setting('suppression_models')
        + dbt_consent.setting('contact_point_models') -%}
        {%- do guarded.append({'model': model, 'max_shrink': 0.3, 'may_start_empty': true}) -%}
    {%- endfor -%}
    {{ return(guarded) }}
{%- endmacro %}
