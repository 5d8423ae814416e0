{#
    A model of ours as it stands in the warehouse, without depending on it: for what a run
    reads of the run before. None where it was never built, and when only parsing.

    Arguments
        name  the model
#}
{% macro relation_of_last_run(name) -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'model' and node.name == name and node.package_name == 'dbt_consent' -%}
            {{ return(adapter.get_relation(node.database, node.schema, node.alias)) }}
        {%- endfor -%}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}
