{#
    The SQL of a segment that was read without errors: who satisfies the rule, over which
    permitted contact point, and of those no more than its limit.
#}
{% macro _segment_select(read) -%}
    {%- set point = dbt_consent._point_columns(read) -%}
    {%- set columns = ['profiles.profile_id'] + point -%}
    {%- for attribute in read.attributes -%}
        {%- do columns.append('profiles.' ~ attribute) -%}
    {%- endfor -%}
    {%- if not read.limit -%}
        {{ return('select\n    ' ~ columns | join(',\n    ') ~ '\n' ~ dbt_consent._members_from(read)) }}
    {%- endif -%}
    {%- set names = ['profile_id', 'key_type', 'key_value'] + read.attributes -%}
    {%- do columns.append('row_number() over (order by ' ~ read.limit.order ~ ') as limit_place') -%}
    {%- set ranked = 'select\n    ' ~ columns | join(',\n    ') ~ '\n' ~ dbt_consent._members_from(read) -%}
    {{ return(
        'select\n    ' ~ names | join(',\n    ') ~ '\nfrom (\n    ' ~ ranked.replace('\n', '\n    ')
        ~ '\n) as ranked\nwhere limit_place <= ' ~ read.limit.to
    ) }}
{%- endmacro %}

{#
    Key type and value of the contact point: the guard's, or the best of those that the rule
    itself asks for where it asks for dates of the guard's purpose.
#}
{% macro _point_columns(read) -%}
    {%- if not read.contact_for -%}
        {{ return([
            'cast(null as ' ~ dbt.type_string() ~ ') as key_type',
            'cast(null as ' ~ dbt.type_string() ~ ') as key_value',
        ]) }}
    {%- elif read.chosen -%}
        {{ return([
            'coalesce(chosen.key_type, consents.key_type) as key_type',
            'coalesce(chosen.key_value, consents.key_value) as key_value',
        ]) }}
    {%- endif -%}
    {{ return(['consents.key_type', 'consents.key_value']) }}
{%- endmacro %}

{# From where to where: profiles, the guard, what conditions need, and the rule. #}
{% macro _members_from(read) -%}
    {%- set where = dbt_consent._conditions_sql(read.conditions) -%}
    {%- set joins = dbt_consent._joins_sql(read.joins) -%}
    {%- set guard = [
        'inner join ' ~ read.relations.consents ~ ' as consents',
        '    on',
        '        profiles.profile_id = consents.profile_id',
        '        and consents.purpose = ' ~ dbt_consent.text_literal(read.contact_for),
        '        and consents.is_permitted',
    ] if read.contact_for else [] -%}
    {%- set chosen = [
        'left join (\n    ' ~ read.chosen[0].replace('\n', '\n    ') ~ '\n) as chosen',
        '    on profiles.profile_id = chosen.profile_id',
    ] if read.contact_for and read.chosen else [] -%}
    {{ return((
        ['from ' ~ read.relations.profiles ~ ' as profiles'] + guard + chosen
        + ([joins] if joins else [])
        + (['where', '    ' ~ where.replace('\n', '\n    ')] if read.conditions else [])
    ) | join('\n')) }}
{%- endmacro %}
