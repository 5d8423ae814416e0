{#
    Tables that a materialization needs while it runs and that nobody sees.

    scratch_prefix(relation)         how their names begin: no other relation and no other
                                     invocation has the same, so that two runs at once do
                                     not meet
    create_scratch_table(name, sql)  creates one and returns its relation
    drop_scratch_table(relation)     drops it

    Where the engine has temporary tables, they end with the connection. On Spark they are
    tables of the target schema.
#}
{% macro scratch_prefix(relation) -%}
    {{ return('s' ~ local_md5(relation | string)[:8] ~ '_' ~ invocation_id.replace('-', '')) }}
{%- endmacro %}

{% macro create_scratch_table(name, sql) -%}
    {{ return(adapter.dispatch('create_scratch_table', 'dbt_consent')(name, sql)) }}
{%- endmacro %}

{% macro default__create_scratch_table(name, sql) -%}
    {%- set relation = api.Relation.create(identifier=name, type='table') -%}
    {%- do run_query('create temporary table ' ~ relation ~ ' as (\n' ~ sql ~ '\n)') -%}
    {{ return(relation) }}
{%- endmacro %}

{# Without statistics PostgreSQL plans every join of a new table as if it were tiny. #}
{% macro postgres__create_scratch_table(name, sql) -%}
    {%- set relation = dbt_consent.default__create_scratch_table(name, sql) -%}
    {%- do run_query('analyze ' ~ relation) -%}
    {{ return(relation) }}
{%- endmacro %}

{% macro spark__create_scratch_table(name, sql) -%}
    {%- set relation = api.Relation.create(schema=target.schema, identifier=name, type='table') -%}
    {%- do dbt_consent.drop_scratch_table(relation) -%}
    {%- do run_query('create table ' ~ relation ~ ' using parquet as ' ~ sql) -%}
    {{ return(relation) }}
{%- endmacro %}

{% macro drop_scratch_table(relation) -%}
    {%- do run_query('drop table if exists ' ~ relation) -%}
{%- endmacro %}
