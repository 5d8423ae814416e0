{#
    How a profile's value of an attribute is chosen among its records. A policy is a rank,
    a whole number for each record, unique within the profile; the value of the record
    with the smallest rank survives, among the records that have one. A tie is broken by
    record_id, the order of (source_name, source_record_id).

    survivorship_units()  what is chosen together: an attribute on its own, or a group
                          [{name, members: [attributes], survivorship, sources}]
    survivorship_rank(unit)       SQL expression of the rank
    survivorship_condition(unit)  SQL condition: the record has a value, or any of the
                                  group's
#}
{% macro survivorship_units() -%}
    {%- set units = {} -%}
    {%- for name, attribute in dbt_consent.profile_attributes().items() -%}
        {%- set key = 'group ' ~ attribute.group if attribute.group else 'attribute ' ~ name -%}
        {%- set unit = units.setdefault(key, {
            'name': attribute.group or name, 'members': [],
            'survivorship': attribute.survivorship, 'sources': attribute.sources,
        }) -%}
        {%- do unit.members.append(name) -%}
    {%- endfor -%}
    {{ return(units.values() | list) }}
{%- endmacro %}

{% macro survivorship_rank(unit) -%}
    {%- if unit.survivorship in ['most_recent', 'oldest'] -%}
        {{ return(unit.survivorship ~ '_rank') }}
    {%- elif unit.survivorship == 'source_priority' -%}
        {{ return(dbt_consent._source_priority(unit.sources) ~ ' * 2147483648 + record_id') }}
    {%- endif -%}
    {{ return('record_id - ' ~ unit.members[0] ~ '__frequency * 2147483648') }}
{%- endmacro %}

{% macro survivorship_condition(unit) -%}
    {{ return(
        unit.members[0] ~ ' is not null' if unit.members | length == 1
        else 'coalesce(' ~ dbt_consent._presence_of(unit.members) ~ ') is not null'
    ) }}
{%- endmacro %}

{# The members' presence as values of one type, for a coalesce over columns of several. #}
{% macro _presence_of(members) -%}
    {%- set parts = [] -%}
    {%- for member in members -%}
        {%- do parts.append('case when ' ~ member ~ ' is not null then 1 end') -%}
    {%- endfor -%}
    {{ return(parts | join(', ')) }}
{%- endmacro %}

{% macro _source_priority(sources) -%}
    case source_name
        {%- for source in sources %} when {{ dbt_consent.text_literal(source) }} then {{ loop.index0 }}{% endfor %} else {{ sources | length }} end
{%- endmacro %}
