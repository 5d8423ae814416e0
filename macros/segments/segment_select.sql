{#
    The SQL of a segment that was read without errors: who satisfies the rule, and over
    which permitted contact point.
#}
{% macro _segment_select(read) -%}
    {%- set where = dbt_consent._conditions_sql(read.conditions) -%}
    {%- set joins = dbt_consent._joins_sql(read.joins) -%}
    {%- set attributes = [] -%}
    {%- for attribute in read.attributes -%}
        {%- do attributes.append('    profiles.' ~ attribute) -%}
    {%- endfor -%}
    {%- if read.contact_for -%}
        {%- set point = ['    consents.key_type', '    consents.key_value'] -%}
        {%- set guard = [
            'inner join ' ~ read.relations.consents ~ ' as consents',
            '    on',
            '        profiles.profile_id = consents.profile_id',
            '        and consents.purpose = ' ~ dbt_consent.text_literal(read.contact_for),
            '        and consents.is_permitted',
        ] -%}
    {%- else -%}
        {%- set point = [
            '    cast(null as ' ~ dbt.type_string() ~ ') as key_type',
            '    cast(null as ' ~ dbt.type_string() ~ ') as key_value',
        ] -%}
        {%- set guard = [] -%}
    {%- endif -%}
    {{ return(
        (
            ['select', (['    profiles.profile_id'] + point + attributes) | join(',\n'),
             'from ' ~ read.relations.profiles ~ ' as profiles']
            + guard
            + ([joins] if joins else [])
            + (['where', '    ' ~ where.replace('\n', '\n    ')] if read.conditions else [])
        ) | join('\n')
    ) }}
{%- endmacro %}
