{# Every model that the settings name, of whichever kind: a list of names, each once. #}
{% macro declared_models() -%}
    {%- set names = [] -%}
    {%- do names.extend(dbt_consent.setting('customer_models')) -%}
    {%- do names.extend(dbt_consent.consent_models() | map(attribute='model')) -%}
    {%- do names.extend(dbt_consent.setting('suppression_models')) -%}
    {%- do names.extend(dbt_consent.setting('contact_point_models')) -%}
    {%- do names.extend(dbt_consent.setting('activity_models').values()) -%}
    {%- do names.extend(dbt_consent.setting('list_models').values()) -%}
    {{ return(names | unique | list) }}
{%- endmacro %}

{#
    The models that are gone for good, as the project says: grants of their evidence count no
    longer, denials stand, their records are gone. A list of names.
#}
{% macro retired_models() -%}
    {{ return(dbt_consent.setting('retired_models') | list) }}
{%- endmacro %}

{#
    The models that have another name now, {old name: name of today}: what was kept of the
    one is the other's. A name that was changed twice leads to the last.

    Example
        {{ dbt_consent.renamed_models() }}   → {'stg_crm__people': 'stg_crm__customers'}
#}
{% macro renamed_models() -%}
    {%- set given = dbt_consent.setting('renamed_models') -%}
    {%- set renamed = {} -%}
    {%- for old in given -%}
        {%- set today = namespace(name=given[old]) -%}
        {%- for _ in given if today.name in given -%}
            {%- set today.name = given[today.name] -%}
        {%- endfor -%}
        {%- do renamed.update({old: today.name}) -%}
    {%- endfor -%}
    {{ return(renamed) }}
{%- endmacro %}

{# What is wrong with `vars: retired_models:` and `renamed_models:`, as a list of texts. #}
{% macro retired_model_errors() -%}
    {%- set errors = [] -%}
    {%- set declared = dbt_consent.declared_models() -%}
    {%- set renamed = dbt_consent.renamed_models() -%}
    {%- for name in dbt_consent.retired_models() -%}
        {%- if name in declared -%}
            {%- do errors.append("retired_models: '" ~ name ~ "' is still declared; take it out of the one or the other.") -%}
        {%- elif name in renamed -%}
            {%- do errors.append("retired_models: '" ~ name ~ "' is renamed to '" ~ renamed[name] ~ "' too; it is one or the other.") -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for old, new in renamed.items() -%}
        {%- if old in declared -%}
            {%- do errors.append("renamed_models: '" ~ old ~ "' is still declared under its old name.") -%}
        {%- elif new not in declared and new not in dbt_consent.retired_models() -%}
            {%- do errors.append(
                "renamed_models: '" ~ new ~ "', the new name of '" ~ old ~ "', is not declared"
                ~ dbt_consent.did_you_mean(new, declared) ~ '.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(errors) }}
{%- endmacro %}

{#
    The names that the last run knew and that the settings name no more. Those that are
    retired stay known, so that one who is taken off that list stops the build again.

    Arguments
        baseline  the relation with the models of the last run that passed
#}
{% macro models_no_longer_declared(baseline) -%}
    {%- set declared = dbt_consent.declared_models() -%}
    {%- set gone = [] -%}
    {%- if execute and load_relation(baseline) is not none -%}
        {%- for row in run_query('select distinct model_name from ' ~ baseline ~ ' order by 1') -%}
            {%- if row[0] not in declared and row[0] not in dbt_consent.renamed_models() -%}
                {%- do gone.append(row[0]) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(gone) }}
{%- endmacro %}

{#
    Stops the build when a model that was there at the last run is declared no more: what it
    knew would be gone without a word, its denials and suppressions among it.

    Arguments
        baseline  the relation with the models of the last run that passed; it may not exist yet

    Raises one compilation error that names each model and what to write.
#}
{% macro stop_on_models_that_are_gone(baseline) -%}
    {%- if execute and flags.WHICH in ['build', 'run'] and not dbt_consent.is_as_of_run() -%}
        {%- set gone = dbt_consent.models_no_longer_declared(baseline)
            | reject('in', dbt_consent.retired_models()) | list -%}
        {%- if gone -%}
            {{ exceptions.raise_compiler_error(
                'The build stops before anything is changed, because the settings no longer name '
                ~ gone | join(', ') ~ ', which the last run read. If that is a mistake, put it back '
                ~ 'under vars: of dbt_project.yml. If it has another name now, write vars: '
                ~ 'renamed_models: {' ~ gone[0] ~ ': <new name>}. If it is gone for good, write vars: '
                ~ 'retired_models: [' ~ gone | join(', ') ~ ']: its records go, grants that rest on it '
                ~ 'stop counting, its denials stand.'
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
