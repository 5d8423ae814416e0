{#
    A contact point of a source that says in a column of its own what kind it is: an
    address as clean_email has it, a number as clean_phone does, everything else as
    clean_code. Null where the kind is null or no alternate key.

    Arguments
        key_type  SQL expression of type text: the alternate key
        column    SQL expression of type text: its value

    Example
        {{ dbt_consent.clean_contact_point('kind', 'contact') }}
#}
{% macro clean_contact_point(key_type, column) -%}
    case {{ key_type }}
        {%- for key in dbt_consent.alternate_keys() %}
            {#- cleaning looks at every row of the table: show it this kind's only -#}
            {%- set of_kind = 'case when ' ~ key_type ~ " = '" ~ key ~ "' then " ~ column ~ ' end' %}
            when '{{ key }}' then {% if key == 'email' -%}
                {{ dbt_consent.clean_email(of_kind) }}
            {%- elif key == 'phone' -%}
                {{ dbt_consent.clean_phone(of_kind) }}
            {%- else -%}
                {{ dbt_consent.clean_code(column) }}
            {%- endif %}
        {%- endfor %}
        end
{%- endmacro %}
