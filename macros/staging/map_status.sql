{#
    The status (`granted`, `denied`, `pending`, or `nothing`: neither yes nor no) that a
    source's label means, from the seed `status_labels`, looked up like map_purpose's
    labels. Null for an empty label, which is no event, and for one that nobody mapped:
    beside `raw_status`, which tells them apart, the latter counts as denied and is listed
    in `rejected_consents`.

    Arguments
        source  the source's name, a plain text
        column  SQL expression of type text with the label

    Example
        {{ dbt_consent.map_status('webshop', 'state') }}
#}
{% macro map_status(source, column) -%}
    {{ return(dbt_consent._mapped_label(ref('status_labels'), 'status', source, column,
        ['granted', 'denied', 'pending', 'nothing'])) }}
{%- endmacro %}
