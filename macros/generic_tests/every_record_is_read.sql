{#
    Test of a source that is a CSV file: each record has as many fields as the header, and
    as many rows are read as there are records. What does not fit stops the build before
    anything reads the file, with the numbers of the lines and nothing of what they hold.

    The file's dialect is taken from the source's `external_location`, which must say
    `comment = ''` (else a row that begins with # is no row), `skip`, `delim` and `quote`.
    Elsewhere than on DuckDB a source is a table: there is nothing to compare.
#}
{% test every_record_is_read(model) %}
    {{ return(adapter.dispatch('every_record_is_read', 'dbt_consent')(model)) }}
{% endtest %}

{% macro default__every_record_is_read(model) %}
    select 1 as nothing where false
{% endmacro %}

{% macro duckdb__every_record_is_read(model) %}
    {%- set reading = model | string -%}
    {%- if execute and 'read_csv(' in reading -%}
        {%- set dialect = dbt_consent._csv_dialect(reading) -%}
        {%- set wrong = [] -%}
        {%- for row in run_query(dbt_consent._csv_lines_that_do_not_fit(dialect)) -%}
            {%- do wrong.append(row[0] ~ ', line ' ~ row[1] ~ ': ' ~ row[2] ~ ' fields, the header has ' ~ row[3]) -%}
        {%- endfor -%}
        {%- if not wrong -%}
            {%- set counted = run_query(
                'select (select count(*) from ' ~ reading ~ '), records, lines from ('
                ~ dbt_consent._csv_records(dialect) ~ ') as counted'
            )[0] -%}
            {%- if counted[0] not in [counted[1], counted[2]] -%}
                {%- do wrong.append(counted[0] ~ ' rows are read of ' ~ counted[1] ~ ' records in ' ~ dialect.path) -%}
            {%- endif -%}
        {%- endif -%}
        {%- if wrong -%}
            {{ exceptions.raise_compiler_error(
                'A file has rows that cannot be read as they stand: ' ~ wrong | join('; ')
                ~ '. Mend them at the source: a value with the delimiter or a line break in it needs quotation marks.'
            ) }}
        {%- endif -%}
    {%- endif -%}
    select 1 as nothing where false
{% endmacro %}

{# Path and dialect of a `read_csv(…)`, as SQL literals. #}
{% macro _csv_dialect(reading) -%}
    {%- set path = modules.re.search("read_csv\\(\\s*('(?:[^']|'')*')", reading) -%}
    {%- set found = {} -%}
    {%- for option, usual in [('delim', none), ('quote', none), ('comment', none), ('skip', none), ('encoding', "'utf-8'")] -%}
        {%- set match = modules.re.search('\\b' ~ option ~ "\\s*=\\s*('(?:[^']|'')*'|[0-9]+)", reading) -%}
        {%- if match is none and usual is none -%}
            {{ exceptions.raise_compiler_error(
                'every_record_is_read: read_csv does not say `' ~ option ~ ' = …` in the external_location of its source; '
                ~ "write the whole dialect there, such as delim = ',', quote = '\"', escape = '\"', skip = 0, comment = ''."
            ) }}
        {%- endif -%}
        {%- do found.update({option: match.group(1) if match else usual}) -%}
    {%- endfor -%}
    {%- if path is none or found.comment != "''" -%}
        {{ exceptions.raise_compiler_error(
            "every_record_is_read: the external_location of a source must be read_csv('file', …) with comment = ''."
        ) }}
    {%- endif -%}
    {%- do found.update({'path': path.group(1)}) -%}
    {{ return(found) }}
{%- endmacro %}

{#
    The lines of the files, and which of them begin a record. A line with a quotation mark
    that nothing closes is continued by the next ones.
#}
{% macro _csv_lines(dialect) -%}
    {%- set delimiter = modules.re.escape(dialect.delim[1:-1].replace("''", "'")) -%}
    {%- set whole = '(^|' ~ delimiter ~ ')"(?:[^"]|"")*"' -%}
    select
        filename,
        line_number,
        text_line,
        regexp_replace(text_line, {{ dbt_consent.text_literal(whole) }}, '\1', 'g') as bare_line,
        coalesce(sum(toggles) over (
            partition by filename order by line_number
            rows between unbounded preceding and 1 preceding
        ), 0) % 2 = 1 as is_continued
    from (
        select
            *,
            case
                when (length(text_line) - length(replace(text_line, '"', ''))) % 2 = 0 then 0
                when regexp_matches(
                    regexp_replace(text_line, {{ dbt_consent.text_literal(whole) }}, '\1', 'g'),
                    {{ dbt_consent.text_literal('(?:^|' ~ delimiter ~ ')"') }}
                ) then 1
                when regexp_matches(text_line, {{ dbt_consent.text_literal('^[^"]*(?:""[^"]*)*"(?:$|' ~ delimiter ~ ')') }}) then 1
                else 0
            end as toggles
        from (
            select
                filename,
                line as text_line,
                row_number() over (partition by filename) as line_number
            from read_csv(
                {{ dialect.path }}, header = false, columns = {'line': 'varchar'},
                auto_detect = false, delim = '{{ "\x1f" }}', quote = '', escape = '', comment = '',
                skip = 0, encoding = {{ dialect.encoding }}, strict_mode = false,
                parallel = false, filename = true, max_line_size = 16777216
            )
        ) as raw_lines
        where line_number > {{ dialect.skip }} and text_line is not null
    ) as toggled
{%- endmacro %}

{# File, line, fields and wanted fields of up to five lines that have too many or too few. #}
{% macro _csv_lines_that_do_not_fit(dialect) -%}
    {%- set delimiter = dialect.delim -%}
    with lines as ({{ dbt_consent._csv_lines(dialect) }}),

    fields as (
        select
            filename,
            line_number,
            (length(bare_line) - length(replace(bare_line, {{ delimiter }}, '')))
                / length({{ delimiter }}) + 1 as field_count,
            lead(is_continued, 1, false) over (partition by filename order by line_number) as goes_on,
            is_continued,
            row_number() over (partition by filename order by line_number) as place
        from lines
    )

    select
        wrong.filename,
        wrong.line_number,
        cast(wrong.field_count as bigint),
        cast(header.field_count as bigint)
    from fields as wrong
    inner join fields as header on wrong.filename = header.filename and header.place = 1
    where
        wrong.field_count <> header.field_count
        and not wrong.goes_on
        and not wrong.is_continued
        and not header.goes_on
    order by wrong.filename, wrong.line_number
    limit 5
{%- endmacro %}

{# How many records the files have beside their headers, and how many lines. #}
{% macro _csv_records(dialect) -%}
    select
        count(*) filter (where not is_continued) - count(distinct filename) as records,
        count(*) - count(distinct filename) as lines
    from ({{ dbt_consent._csv_lines(dialect) }}) as lines
{%- endmacro %}
