{#
    The status of a contact point as a picture shows it: what was said, but `suppressed`
    where a suppression stands above all that was said.

    Arguments
        status  SQL expression, as in contact_point_permissions
        reason  SQL expression, likewise
#}
{% macro shown_status(status, reason) -%}
    case when {{ reason }} = 'suppressed' then 'suppressed' else {{ status }} end
{%- endmacro %}
