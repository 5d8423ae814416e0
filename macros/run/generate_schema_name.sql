{#
    dbt's own rule, and one more: a run for another moment (var `as_of` or `known_at`)
    writes its results to `<schema>_asof`, and one on trial to `<schema>_trial`, while state stays where it is, to be read.

    A project that installs this one as a package has its own segments follow the rule
    with one line in its own macros folder:

        {% macro generate_schema_name(custom_schema_name, node) -%}
            {{ dbt_consent.generate_schema_name(custom_schema_name, node) }}
        {%- endmacro %}
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set schema = dbt.default__generate_schema_name(custom_schema_name, node) | trim -%}
    {%- if dbt_consent.is_as_of_run() and 'state' not in node.config.tags -%}
        {%- set schema = schema ~ ('_asof' if dbt_consent.setting('trial') is none else '_trial') -%}
    {%- endif -%}
    {{ return(schema) }}
{%- endmacro %}
