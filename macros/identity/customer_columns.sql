{#
    The columns of a customer model after its contract was checked: the names, lower-cased,
    of those columns of the contract that it has. When a project that was never built is
    only compiled, all of them.

    Arguments
        relation  the customer model

    Raises one compilation error that names the model and each column that is missing or
    has another type.
#}
{% macro customer_columns(relation) -%}
    {%- set expected = dbt_consent.customer_contract(relation) -%}
    {%- set present = dbt_consent.require_columns(relation, expected) -%}
    {%- set raw = [] -%}
    {%- for key in dbt_consent.alternate_keys() if 'raw_' ~ key in present -%}
        {%- do raw.append('raw_' ~ key) -%}
    {%- endfor -%}
    {{ return(expected.keys() | list + raw) }}
{%- endmacro %}

{#
    The columns that a customer model must have, and those that it may have and has, with
    their types.
#}
{% macro customer_contract(relation) -%}
    {%- set mandatory = {
        'source_name': 'string', 'source_record_id': 'string', 'updated_at': 'timestamp',
    } -%}
    {%- set optional = {} -%}
    {%- for key in dbt_consent.alternate_keys() -%}
        {%- do optional.update({key: 'string'}) -%}
    {%- endfor -%}
    {%- for name, attribute in dbt_consent.profile_attributes().items() -%}
        {%- do optional.update({name: attribute.data_type}) -%}
    {%- endfor -%}

    {%- set expected = dict(mandatory) -%}
    {%- set present = [] -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do present.append(column.name | lower) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- for name, type in optional.items() if not present or name in present -%}
        {%- do expected.update({name: type}) -%}
    {%- endfor -%}
    {{ return(expected) }}
{%- endmacro %}
