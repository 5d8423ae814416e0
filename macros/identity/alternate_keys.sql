{#
    What vars.alternate_keys says, which holds names and, for a key with a condition, a
    name and its declaration: [email, {phone: {only_with: [last_name]}}].

    alternate_keys()     the names, in their order
    key_conditions()     {name: attributes on which records must agree too}, for those keys
                         that have such a condition
    record_limit(type)   SQL expression: how many records may share a key of that type
                         (SQL expression) and still be one person

    Example
        {% for key in dbt_consent.alternate_keys() %}…{% endfor %}
#}
{% macro alternate_keys() -%}
    {%- set names = [] -%}
    {%- for entry in dbt_consent.setting('alternate_keys') -%}
        {%- do names.append(entry if entry is not mapping else entry | first) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{% macro key_conditions() -%}
    {%- set conditions = {} -%}
    {%- for entry in dbt_consent.setting('alternate_keys') if entry is mapping -%}
        {%- for name, declaration in entry.items() if declaration and declaration.get('only_with') -%}
            {%- do conditions.update({name: declaration.only_with}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(conditions) }}
{%- endmacro %}

{% macro record_limit(key_type) -%}
    {%- set limit = dbt_consent.setting('max_records_per_key') -%}
    {%- if limit is not mapping -%}
        {{ return(limit) }}
    {%- endif -%}
    {%- set cases = [] -%}
    {%- for name, most in limit.items() -%}
        {%- do cases.append("when '" ~ name ~ "' then " ~ most) -%}
    {%- endfor -%}
    {{ return('case ' ~ key_type ~ ' ' ~ cases | join(' ') ~ ' else 50 end') }}
{%- endmacro %}

{#
    What two records with one key must have in common beside it: a text of the values of
    the attributes, trimmed and without regard to case, or null where one is missing. Keys
    without a condition have an empty one.

    Arguments
        attributes  the names; columns of int_identity__records
        records     alias of that relation, where the query has others
#}
{% macro key_agreement(attributes, records=none) -%}
    {%- set parts = [] -%}
    {%- for attribute in attributes -%}
        {%- set name = records ~ '.' ~ attribute if records else attribute -%}
        {%- set text = dbt_consent.compared_text(name) -%}
        {%- do parts.append('replace(replace(' ~ text ~ ", '~', '~~'), '|', '~|')") -%}
    {%- endfor -%}
    {{ return(parts | join(" || '|' || ") if parts else "''") }}
{%- endmacro %}
