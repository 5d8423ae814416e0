{#
    How DuckDB reads a seed, in a project whose path has an apostrophe in it too: the
    adapter's own macro writes the path into its SQL as it is.

    dbt calls it for each seed of the project at hand.
#}
{% macro duckdb__load_csv_rows(model, agate_table) -%}
    {%- set path = adapter.get_seed_file_path(model) -%}
    {%- if "'" not in path or not config.get('fast', true) -%}
        {{ return(dbt.duckdb__load_csv_rows(model, agate_table)) }}
    {%- endif -%}
    {%- set sql -%}
        copy {{ this.render() }}
        from '{{ path | replace("'", "''") }}'
        (format csv, header true, delimiter '{{ config.get('delimiter', ',') }}')
    {%- endset -%}
    {%- do adapter.add_query(sql, abridge_sql_log=true) -%}
    {{ return(sql) }}
{%- endmacro %}
