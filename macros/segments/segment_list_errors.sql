{#
    What is wrong with `vars: segments:`, as a list of texts with the line to write or to
    remove: every enabled segment is listed, once, and whatever is listed is an enabled
    segment. Readable at execution only.
#}
{% macro segment_list_errors() -%}
    {%- set at = 'dbt_project.yml: vars.segments: ' -%}
    {%- set listed = dbt_consent.setting('segments') -%}
    {%- set present = dbt_consent.segment_nodes() -%}
    {%- set errors = [] -%}
    {%- for name in listed -%}
        {%- if not dbt_consent.is_plain_name(name) -%}
            {%- do errors.append(at ~ "'" ~ name ~ "' is no name; use lower-case letters, digits and _.") -%}
        {%- elif name in listed[:loop.index0] -%}
            {%- do errors.append(at ~ "'" ~ name ~ "' stands there twice. Remove: - " ~ name) -%}
        {%- elif name not in present -%}
            {%- do errors.append(
                at ~ "'" ~ name ~ "' is listed, but no enabled model of that name is a segment"
                ~ dbt_consent.did_you_mean(name, present.keys() | reject('in', listed) | list)
                ~ '. Remove: - ' ~ name
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name in present if name not in listed -%}
        {%- do errors.append(at ~ "'" ~ name ~ "' is not listed. Add: - " ~ name) -%}
    {%- endfor -%}
    {{ return(errors) }}
{%- endmacro %}

{# Stops the build with all of them at once. #}
{% macro require_listed_segments() -%}
    {%- set errors = dbt_consent.segment_list_errors() if execute else [] -%}
    {%- if errors -%}
        {{ exceptions.raise_compiler_error(
            'The segments of the project and their list differ:\n- ' ~ errors | join('\n- ')
        ) }}
    {%- endif -%}
{%- endmacro %}
