{#
    The declared attributes with every default filled in, in the order of their
    declaration: {name: {data_type, type, survivorship, sources, group}}. `data_type` is
    as declared, `type` the engine's name of it.
#}
{% macro profile_attributes() -%}
    {%- set attributes = {} -%}
    {%- for name, given in dbt_consent.setting('profile_attributes').items() -%}
        {%- do attributes.update({name: {
            'data_type': given.data_type,
            'type': api.Column.translate_type(given.data_type),
            'survivorship': given.get('survivorship', 'most_recent'),
            'sources': given.get('sources', []),
            'group': given.get('group'),
        }}) -%}
    {%- endfor -%}
    {{ return(attributes) }}
{%- endmacro %}
