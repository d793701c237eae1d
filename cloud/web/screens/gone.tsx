import { Link } from 'wouter'
import { Tabs } from '../parts/tabs.tsx'
import { texts } from '../texts.ts'

/** What was looked for is not there, or not for this person; nobody can tell which. */
export function Gone({ title, why }: { title: string; why?: string }) {
  return (
    <div className="shell">
      <main className="scroll">
        <section className="nothing" style={{ paddingTop: 32 }}>
          <h1 className="page-title">{title}</h1>
          {why && <p>{why}</p>}
          <Link href="/" className="button">
            {texts.problem.home}
          </Link>
        </section>
      </main>
      <Tabs />
    </div>
  )
}
