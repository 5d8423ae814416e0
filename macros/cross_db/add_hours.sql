{#
    A time some whole hours later: exact hours of a timestamp, whole days of a date.

    Arguments
        time   SQL expression of type timestamp, or of type date where hours are whole days
        hours  a whole number
#}
{% macro add_hours(time, hours) -%}
    {{ return('(' ~ time ~ " + interval '" ~ hours ~ "' hour)") }}
{%- endmacro %}
