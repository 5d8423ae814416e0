{#
    The vars that are likely to be misspelt settings of ours, as a list of texts: a name that
    is at most two letters from one of ours, and one under our package's name that is none of
    ours. A misspelt setting would silently be none: `supression_models` would switch every
    suppression off. All other vars are the project's own, and none of our business.

    Looks at the vars of the project that runs (dbt_project.yml) and of the command line.
#}
{% macro setting_name_errors() -%}
    {%- set known = dbt_consent._setting_defaults().keys() | list -%}
    {%- set declared = adapter.config.vars.to_dict() -%}
    {%- set errors = [] -%}
    {%- set names = (adapter.config.cli_vars.keys() | list + declared.keys() | list) | unique -%}
    {%- for name in names if name not in known + ['dbt_consent', 'dbt_consent_demo'] -%}
        {# `trial` is set by commands alone, and no name that anybody types #}
        {%- set meant = dbt_consent._misspelt(name | string, known | reject('eq', 'trial') | list) -%}
        {%- if meant -%}
            {%- do errors.append(
                name ~ ": is no setting (did you mean '" ~ meant ~ "'?). A var of your own has a "
                ~ "name that differs in more than two letters."
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for section in ['dbt_consent', 'dbt_consent_demo'] -%}
        {%- set given = declared.get(section) -%}
        {%- for name in (given if given is mapping else {}) if name not in known -%}
            {%- do errors.append(
                section ~ '.' ~ name ~ ': is no setting of dbt_consent'
                ~ dbt_consent.did_you_mean(name, known) ~ '; docs/settings.md lists them.'
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(errors) }}
{%- endmacro %}

{# The nearest of the known names, when it is at most two letters away; else nothing. #}
{% macro _misspelt(name, known) -%}
    {%- set best = namespace(name=none, letters=3) -%}
    {%- for candidate in known if (candidate | length - name | length) | abs <= 2 -%}
        {%- set letters = dbt_consent.letters_apart(name | lower, candidate) -%}
        {%- if letters < best.letters -%}
            {%- set best.name = candidate -%}
            {%- set best.letters = letters -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(best.name) }}
{%- endmacro %}

{#
    How many letters must be put in, left out or changed to make one text of another
    (Levenshtein's distance).

    Example
        {{ dbt_consent.letters_apart('as_off', 'as_of') }}   → 1
#}
{% macro letters_apart(one, other) -%}
    {%- set before = namespace(row=range(other | length + 1) | list) -%}
    {%- for letter in one -%}
        {%- set row = [loop.index] -%}
        {%- for candidate in other -%}
            {%- do row.append([
                before.row[loop.index] + 1,
                row[loop.index0] + 1,
                before.row[loop.index0] + (0 if letter == candidate else 1),
            ] | min) -%}
        {%- endfor -%}
        {%- set before.row = row -%}
    {%- endfor -%}
    {{ return(before.row[-1]) }}
{%- endmacro %}
