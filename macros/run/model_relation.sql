{#
    Where a model of this package is, or will be, without making the calling model depend on
    it: for what an earlier run has left there. A table of the target's own schema where no
    model has the name.

    Arguments
        name  the model's name
#}
{% macro model_relation(name) -%}
    {%- for node in (graph.nodes.values() if execute else [])
        if node.resource_type == 'model' and node.name == name and node.package_name == 'dbt_consent' -%}
        {{ return(api.Relation.create(
            database=node.database, schema=node.schema, identifier=node.alias
        )) }}
    {%- endfor -%}
    {{ return(dbt_consent.state_table(name)) }}
{%- endmacro %}
