{#
    Every model of the settings that breaks the contract of its kind, as a list of texts:
    what stops the build at the first such model, told for all of them. Models that were
    never built are left out. An operation; it logs one line of JSON, for `consent validate`.

    Example
        dbt run-operation dbt_consent.contract_errors
#}
{% macro contract_errors() -%}
    {%- set errors = [] -%}
    {%- if execute -%}
        {%- for name in dbt_consent.setting('customer_models') -%}
            {%- do dbt_consent._add_contract_error(errors, name, none) -%}
        {%- endfor -%}
        {%- for entry in dbt_consent.consent_models() -%}
            {%- do dbt_consent._add_contract_error(errors, entry.model, dbt_consent.consent_columns(entry.model)) -%}
        {%- endfor -%}
        {%- for name in dbt_consent.setting('suppression_models') -%}
            {%- do dbt_consent._add_contract_error(errors, name, dbt_consent.suppression_columns()) -%}
        {%- endfor -%}
        {%- for name in dbt_consent.setting('activity_models').values() -%}
            {%- do dbt_consent._add_contract_error(
                errors, name, {'profile_id': 'string', 'occurred_at': 'timestamp'}
            ) -%}
        {%- endfor -%}
        {%- do log('dbt_consent.contract_errors ' ~ tojson(errors)) -%}
        {{ return(errors) }}
    {%- endif -%}
{%- endmacro %}

{# Customer models have the columns of their own contract where none are given. #}
{% macro _add_contract_error(errors, name, columns) -%}
    {%- set node = dbt_consent.segment_node(name) -%}
    {%- if node -%}
        {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
        {%- if relation -%}
            {%- set error = dbt_consent.column_error(
                relation, columns or dbt_consent.customer_contract(relation)
            ) -%}
            {%- if error -%}
                {%- do errors.append(node.original_file_path ~ ': ' ~ error) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
